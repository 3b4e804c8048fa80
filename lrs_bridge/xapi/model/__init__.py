"""What a statement is: its formats, its rules, its comparison and its stored form. All pure."""
