// Keeps the last calls up to date. Without it the page works the same, only older.
const calls = document.getElementById("calls");
async function refresh() {
  try {
    const answer = await fetch(calls.dataset.source);
    if (answer.ok) {
      const text = await answer.text();
      if (text !== calls.dataset.shown) {
        calls.innerHTML = calls.dataset.shown = text;
      }
    }
  } finally {
    setTimeout(refresh, document.hidden ? 10000 : 1000);
  }
}
if (calls) {
  refresh().catch(() => {});
}
