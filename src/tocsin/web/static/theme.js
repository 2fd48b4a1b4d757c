/* Light, dark, or what the system says. It runs before anything is drawn, so that no page flashes in the other one. */
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("tocsin-theme"); } catch { return null; } };
  const set = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    try { if (theme) localStorage.setItem("tocsin-theme", theme); else localStorage.removeItem("tocsin-theme"); } catch { /* it holds for this page then */ }
  };
  const first = kept();
  if (first) root.dataset.theme = first;
  root.dataset.scripts = "on";
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const order = ["", "light", "dark"];
    const say = () => {
      const now = root.dataset.theme ?? "";
      button.textContent = { "": "Theme: system", light: "Theme: light", dark: "Theme: dark" }[now];
    };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      const now = root.dataset.theme ?? "";
      set(order[(order.indexOf(now) + 1) % order.length]);
      say();
      dispatchEvent(new Event("tocsin:theme"));
    });
  });
})();
