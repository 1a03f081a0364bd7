"""What certificates say of themselves, those of a Swarm's nodes among them, and what is none."""

import ssl
from datetime import UTC, datetime

import pytest

from bot.swarm import x509
from bot.swarm.x509 import Leaf
