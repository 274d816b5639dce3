import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from email_processor.models import Message
from epm.console.groups import OPERATORS, SUPPORT
from epm.models import Application
from tests.console.rows import make_story


def member_of(group: str) -> Client:
    user = User.objects.create_user(group.lower(), password="a long password", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator(db: None) -> Client:
    return member_of(OPERATORS)


@pytest.fixture
def support(db: None) -> Client:
    return member_of(SUPPORT)


@pytest.fixture
def story(application: Application) -> Message:
    """A mail with one recipient about whom everything has happened."""
    return make_story(application)
