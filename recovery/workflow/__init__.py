"""The language operations managers write: YAML and Markdown in, a checked `core.spec.Workflow` out."""
