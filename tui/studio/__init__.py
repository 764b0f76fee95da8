"""The sampling studio without its screen: what is explored, what that takes to ask for, and how it is laid out."""
