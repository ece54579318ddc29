"""What the APIs of every app share: who comes in, how pages, filters, errors and repeated writes behave.

Nothing but ``*.api`` imports Django REST framework, which is the extra ``api``.
"""
