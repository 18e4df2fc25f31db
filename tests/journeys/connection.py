"""The network cable of one browser.

Playwright's ``set_offline`` cuts off the pages only: the service worker, which answers for them and sends what waits,
would stay online, and a journey would prove nothing. So the worker's own ways to the network are cut as well.
"""

from playwright.sync_api import Page

NO_CONNECTION = r"ERR_INTERNET_DISCONNECTED"
CUT = """() => {
    const refuse = () => Promise.reject(new TypeError("Failed to fetch: the cable is out"));
    self.withCable = self.withCable || {fetch: self.fetch, add: Cache.prototype.add, addAll: Cache.prototype.addAll};
    self.fetch = Cache.prototype.add = Cache.prototype.addAll = refuse;
}"""
MEND = """() => {
    if (!self.withCable) { return; }
    self.fetch = self.withCable.fetch;
    Object.assign(Cache.prototype, {add: self.withCable.add, addAll: self.withCable.addAll});
}"""
IS_ANSWERED = "() => fetch('/healthz', {cache: 'no-store'}).then(() => true, () => false)"


def disconnect(page: Page) -> None:
    """Cut off the browser of this page, its service worker included, and see that both get no answer any more."""
    page.guard.allow(NO_CONNECTION)  # type: ignore[attr-defined]
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    workers = page.context.service_workers
    assert workers, "There is no service worker: nothing would be there without a connection."
    for worker in workers:
        worker.evaluate(CUT)
    page.context.set_offline(True)
    assert [where.evaluate(IS_ANSWERED) for where in (page, *workers)] == [False] * (1 + len(workers))


def reconnect(page: Page) -> None:
    """Put the cable back: first into the worker, then into the pages, which are told so by the browser."""
    for worker in page.context.service_workers:
        worker.evaluate(MEND)
    page.context.set_offline(False)
