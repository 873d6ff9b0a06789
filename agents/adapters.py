"""How sign-in behaves: agents are invited, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Close the public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """A provider may sign in an agent who exists, never make a new one."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        return False
