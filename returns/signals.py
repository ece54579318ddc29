"""What happened to returns. Sent after commit, at least once; receivers are keyed."""

from django.dispatch import Signal

#: A return's status changed. request: ReturnRequest, change: ReturnChange (old, new, occurred_at, actor, why)
return_moved = Signal()
