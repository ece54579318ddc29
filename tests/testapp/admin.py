from django.contrib import admin

from parcelwise.admin import ChangeInline, JobAdmin, ReadOnlyAdmin
from tests.testapp.models import Chore, Kite, KiteChange


@admin.register(Chore)
class ChoreAdmin(JobAdmin):
    list_display = ("name", *JobAdmin.list_display)


class KiteChangeInline(ChangeInline):
    model = KiteChange


@admin.register(Kite)
class KiteAdmin(ReadOnlyAdmin):
    inlines = (KiteChangeInline,)
