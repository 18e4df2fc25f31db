"""Asked by the container's health check: does the web server in this container answer?"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

# The product answers only to its own host name, so ask with that.
host = urlsplit(os.environ["PUBLIC_URL"]).netloc
request = urllib.request.Request(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz", headers={"Host": host})
with urllib.request.urlopen(request, timeout=4) as response:  # noqa: S310  a fixed address of this container
    sys.exit(response.status != 200)
