"""The LRS: takes, keeps and returns xAPI 1.0.3 statements, and hands completions on."""
