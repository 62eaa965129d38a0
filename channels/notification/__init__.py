"""What the app told a person.

A *notification* is one fact told to one account, once: a title and a body in her language, and what it is about. She
reads it, or deletes it; nobody else sees it. Domains tell by `ctx.notify` and do not know this one.
"""
