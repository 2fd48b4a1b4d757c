"""Verbs: one public function a file, acting through ports."""
