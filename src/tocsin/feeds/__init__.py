"""What comes in: one file per upstream form, each turned into drafts that a use case may believe."""
