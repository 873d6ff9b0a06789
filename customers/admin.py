"""Customers and their addresses in Django's admin."""

from __future__ import annotations

from django.contrib import admin

from customers.models import Consent, Customer, Identity, IdentityClaim, Organisation


class IdentityInline(admin.TabularInline):
    """By which addresses a customer writes."""

    model = Identity
    extra = 0
    fields = ["kind", "value", "name", "is_verified", "unreachable_reason", "last_seen_at"]
    readonly_fields = ["kind", "value", "last_seen_at"]
    can_delete = False


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    """The people who ask; joining two is done, and undone, on the agents' screens."""

    list_display = ["name", "language", "organisation", "is_vip", "created_at"]
    list_filter = ["is_vip", "language", ("merged_into", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["name", "identities__value"]
    search_help_text = "name or address"
    readonly_fields = ["merged_into", "created_at"]
    raw_id_fields = ["organisation"]  # the autocomplete widget writes inline styles, which the policy forbids
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [IdentityInline]


@admin.register(Identity)
class IdentityAdmin(admin.ModelAdmin):
    """Every address we know."""

    list_display = ["value", "kind", "customer", "is_verified", "unreachable_reason", "last_seen_at"]
    list_filter = ["kind", "is_verified"]
    list_select_related = ["customer"]
    search_fields = ["value", "name"]
    readonly_fields = ["kind", "account", "value", "raw", "customer", "last_seen_at", "created_at"]
    show_full_result_count = False


@admin.register(IdentityClaim)
class IdentityClaimAdmin(admin.ModelAdmin):
    """Addresses given without proof, and what agents decided."""

    list_display = ["value", "kind", "customer", "state", "decided_by", "created_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["customer", "decided_by"]
    search_fields = ["value", "customer__name"]
    readonly_fields = ["customer", "kind", "value", "source", "state", "decided_by", "created_at"]

    def has_add_permission(self, request: object) -> bool:
        return False


@admin.register(Consent)
class ConsentAdmin(admin.ModelAdmin):
    """What customers said of being written to; what was said stays as it was said, a newer word counts."""

    list_display = ["identity", "purpose", "is_granted", "source", "words", "at"]
    list_filter = ["purpose", "is_granted", "source"]
    list_select_related = ["identity"]
    search_fields = ["identity__value", "words"]
    raw_id_fields = ["identity"]
    show_full_result_count = False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    """Companies that customers belong to."""

    list_display = ["name", "domain"]
    search_fields = ["name", "domain"]
