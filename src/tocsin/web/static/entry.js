/* Says what the indicator that is being chosen means, as soon as it is one. */
function say() {
  const field = document.getElementById("f-indicator");
  const line = document.getElementById("definition");
  if (!field || !line) return;
  const options = document.getElementById("indicators")?.options ?? [];
  const found = [...options].find((option) => option.value === field.value.trim());
  const levels = found?.dataset.levels ? ` Levels from 0: ${found.dataset.levels}.` : "";
  const said = found ? `${found.textContent} (${found.dataset.kind}). ${found.dataset.definition}${levels}` : "";
  if (line.textContent !== said) line.textContent = said;
}
document.addEventListener("input", (event) => event.target.id === "f-indicator" && say());
document.addEventListener("htmx:after:swap", say);
say();
