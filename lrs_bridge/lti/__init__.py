"""The LTI tool: learning platforms launch us, and get their scores back."""
