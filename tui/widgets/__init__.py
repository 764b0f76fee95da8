"""The panels, one file each: Textual widgets that show what `state/` knows with `render/`."""
