/* Says what the slider of a scenario's history stands on: the last publication up to its number. */
document.addEventListener("input", (event) => {
  if (event.target.id !== "slide") return;
  const reached = [...event.target.list.options].filter((option) => Number(option.value) <= event.target.valueAsNumber);
  const said = reached.at(-1)?.label ?? "";
  document.getElementById("slid").textContent = said;
  event.target.setAttribute("aria-valuetext", said);
});
