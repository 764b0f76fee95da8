"""The digits that come with the package; SOURCE.md says where they are from."""
