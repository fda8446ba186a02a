"""What the black-box tests share: processes, a raw HTTP client, callers, load."""
