"""The features, one folder each; `app.FEATURES` is their order."""
