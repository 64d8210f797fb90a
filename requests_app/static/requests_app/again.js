// A page that waits for the queue looks again by itself; without script the page does so with a refresh.

setTimeout(() => location.reload(), 3000);
