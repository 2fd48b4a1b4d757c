"""One file a revision, in order of its number; a revision that has shipped is never edited."""
