"""What administrators write for everybody to read, and what it is in other languages.

A *treatment* is offered by hospitals, each with its prices. A *package* is a journey with treatments at hospitals of a
country, dearer or cheaper by season. An *insurance* provider, a *faq* and a *website* page are what they are called.
A *translation* is one text of one entry in one language: it is shown while it is fresh; a changed source makes it
stale.
"""
