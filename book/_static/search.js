// Results of a search show sentences: what stands in code is found, but a summary is taken from the text.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const { htmlToText } = Search;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(".cell_input").forEach((one) => one.remove());
    return htmlToText(page.documentElement.outerHTML, anchor);
  };
});
