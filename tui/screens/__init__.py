"""Full-screen views and dialogs: Textual screens made of panels."""
