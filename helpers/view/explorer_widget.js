// Draws what Python tells: a list of layers, a tree whose folders are asked for when they are
// opened, a search, and tables below. Everything is put in as text, never as markup.

const TURN = { ArrowDown: 1, ArrowUp: -1 };

function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

function bar(share) {
  const filled = element("span");
  filled.style.width = `${Math.max(share * 100, share > 0 ? 1 : 0)}%`;
  return element("div", { class: "bar", "aria-hidden": "true" }, filled);
}

function render({ model, el }) {
  const root = element("div", { class: "shrink-explorer" });
  const head = element("div", { class: "head" });
  const views = element("ul", { class: "views", role: "listbox", "aria-label": "layers", tabindex: "0" });
  const search = element("input", { type: "search", placeholder: "search these paths", "aria-label": "search these paths" });
  const said = element("span", { class: "dim", role: "status" });
  const tools = element("div", { class: "tools" }, search, said);
  const tree = element("ul", { class: "tree", role: "tree", "aria-label": "files" });
  const facts = element("div");
  const waitingFor = element("progress", { max: "1", "aria-label": "reading the layers" });
  const far = element("span", { class: "dim" });
  root.append(head, views, tools, tree, facts);
  el.append(root);

  let chosen = 0;
  let asked = 0;
  let turn = 0;
  const waiting = new Map();
  const state = () => model.get("state");
  const marks = () => state().views[chosen].marks;

  function ask(question) {
    return new Promise((answer) => {
      waiting.set(++asked, answer);
      model.send({ ...question, view: chosen, to: asked });
    });
  }

  function hear(message) {
    const answer = waiting.get(message.to);
    waiting.delete(message.to);
    if (answer) answer(message);
  }

  function drawViews() {
    const { title, figure, views: all } = state();
    head.textContent = figure ? `${title} · ${figure}` : title;
    views.hidden = all.length < 2;
    views.replaceChildren(
      ...all.map((view, at) =>
        element(
          "li",
          { role: "option", id: `${uid}-${at}`, "aria-selected": String(at === chosen) },
          element("span", { class: "figure", text: view.size }),
          element("span", { class: "figure", text: view.percent }),
          bar(view.share),
          element("span", { class: "what", text: view.title, title: view.title }),
        ),
      ),
    );
    views.setAttribute("aria-activedescendant", `${uid}-${chosen}`);
  }

  function choose(at) {
    const wanted = Math.min(Math.max(at, 0), state().views.length - 1);
    if (wanted === chosen) return;
    chosen = wanted;
    drawViews();
    views.children[chosen].scrollIntoView({ block: "nearest" });
    start();
  }

  function item(node, level) {
    const changes = marks() ? [node.change, node.inside && `inside: ${node.inside}`] : [];
    const label = [node.name, node.size, ...changes];
    const made = element("li", {
      role: "treeitem",
      tabindex: "-1",
      "aria-level": level,
      "aria-label": label.filter(Boolean).join(", "),
      class: marks() ? node.change : "",
    });
    const opener = node.folder && node.children ? "▸ " : "";
    const name = element("span", { class: "name", text: opener + node.name, title: node.name });
    const sign = element("span", { class: "sign", text: marks() ? node.sign : "" });
    const row = element(
      "div",
      { class: "row" },
      element("span", { class: "figure", text: node.size }),
      bar(node.share),
      sign,
      name,
      element("span", { class: "dim", text: marks() ? node.inside : "" }),
      element("span", { class: "dim", text: node.mode }),
    );
    name.style.paddingLeft = `${level - 1}em`;
    made.append(row);
    if (opener) {
      let group;
      made.setAttribute("aria-expanded", "false");
      made.open = async () => {
        if (made.getAttribute("aria-expanded") === "true") return;
        made.setAttribute("aria-expanded", "true");
        name.textContent = `▾ ${node.name}`;
        group = element("ul", { role: "group" });
        made.append(group);
        await fill(group, node.id, level + 1, 0);
      };
      made.close = () => {
        made.setAttribute("aria-expanded", "false");
        name.textContent = `▸ ${node.name}`;
        group.remove();
      };
      row.addEventListener("click", () => {
        const open = made.getAttribute("aria-expanded") === "true";
        if (open) made.close();
        else made.open();
      });
    }
    row.addEventListener("click", () => focus(made));
    return made;
  }

  async function fill(group, of, level, from) {
    const asking = turn;
    const { nodes, left } = await ask({ ask: "children", of, start: from });
    if (asking !== turn) return; // another layer or search was chosen meanwhile
    group.append(...nodes.map((node) => item(node, level)));
    if (left > 0) {
      const more = element("button", { text: `${left.toLocaleString()} more` });
      more.addEventListener("click", async () => {
        more.remove();
        await fill(group, of, level, from + nodes.length);
      });
      group.append(more);
    }
  }

  async function start() {
    if (!state().ready) return;
    const mine = ++turn;
    const wanted = search.value.trim();
    tree.replaceChildren();
    said.textContent = "";
    if (wanted) {
      const { nodes, left, count } = await ask({ ask: "search", text: wanted });
      if (mine !== turn) return;
      tree.replaceChildren(...nodes.map((node) => item({ ...node, children: 0 }, 1)));
      said.textContent = `${count.toLocaleString()} found` + (left ? `, the largest ${nodes.length} shown` : "");
    } else {
      await fill(tree, null, 1, 0);
      if (!tree.children.length) said.textContent = "no files";
    }
    tree.querySelector("[role=treeitem]")?.setAttribute("tabindex", "0");
  }

  function focus(to) {
    if (!to) return;
    tree.querySelectorAll("[tabindex='0']").forEach((each) => each.setAttribute("tabindex", "-1"));
    to.setAttribute("tabindex", "0");
    to.focus({ preventScroll: true });
    to.querySelector(":scope > .row").scrollIntoView({ block: "nearest" });
  }

  // Keys as the ARIA practices have them for a tree.
  tree.addEventListener("keydown", (event) => {
    const at = event.target.closest("[role=treeitem]");
    if (!at || event.target.tagName === "BUTTON") return;
    const all = [...tree.querySelectorAll("[role=treeitem]")];
    const open = at.getAttribute("aria-expanded") === "true";
    if (event.key in TURN) focus(all[all.indexOf(at) + TURN[event.key]]);
    else if (event.key === "Home") focus(all[0]);
    else if (event.key === "End") focus(all.at(-1));
    else if (event.key === "ArrowRight") open ? focus(at.querySelector("[role=treeitem]")) : at.open?.();
    else if (event.key === "ArrowLeft") open ? at.close() : focus(at.parentElement.closest("[role=treeitem]"));
    else if (event.key === "Enter" || event.key === " ") open ? at.close() : at.open?.();
    else return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab has keys of its own
  });
  views.addEventListener("keydown", (event) => {
    if (event.key in TURN) choose(chosen + TURN[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  views.addEventListener("click", (event) => {
    const at = [...views.children].indexOf(event.target.closest("li"));
    if (at >= 0) choose(at);
  });
  let pause;
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(start, 200);
  });
  search.addEventListener("keydown", (event) => event.stopPropagation());

  function drawFacts() {
    const { facts: rows, tables, error, ready } = state();
    facts.replaceChildren();
    tools.hidden = tree.hidden = !ready;
    if (error) facts.append(element("p", { role: "alert", text: `✗ ${error}` }));
    else if (!ready) {
      facts.append(element("p", {}, "Reading the layers ", waitingFor, far));
      drawProgress();
    }
    const list = rows.map(({ label, value }) =>
      element("tr", {}, element("th", { scope: "row", text: label }), element("td", { text: value })),
    );
    if (list.length) facts.append(element("table", {}, ...list));
    for (const table of tables) {
      facts.append(element("h4", { text: table.caption }), drawTable(table));
      if (table.more) facts.append(element("p", { text: table.more }));
    }
  }

  function drawTable({ caption, heads, rows }) {
    const kinds = heads.map(({ figures }) => (figures ? "figure" : "name"));
    const head = heads.map(({ text }, at) => element("th", { scope: "col", class: heads[at].figures ? "figure" : "", text }));
    const lines = rows.map((row) =>
      element(
        "tr",
        {},
        ...row.map((cell, at) =>
          typeof cell === "number"
            ? element("td", { class: "share" }, bar(cell))
            : element("td", { class: kinds[at], text: cell }),
        ),
      ),
    );
    const table = element("table", {}, element("tr", {}, ...head), ...lines);
    return element("div", { class: "rows", tabindex: "0", role: "region", "aria-label": caption }, table);
  }

  // Without a share the bar says that nobody can tell: an engine may pack all before it sends any.
  function drawProgress() {
    const { share, said } = model.get("progress");
    if (share === undefined) waitingFor.removeAttribute("value");
    else waitingFor.value = share;
    far.textContent = said ? ` ${said}` : "";
  }

  let ready = false;
  function draw() {
    drawViews();
    drawFacts();
    if (state().ready && !ready) start();
    ready = state().ready;
  }

  const uid = `explorer-${Math.random().toString(36).slice(2)}`;
  model.on("change:state", draw);
  model.on("change:progress", drawProgress);
  model.on("msg:custom", hear);
  draw();
  return () => {
    model.off("change:state", draw);
    model.off("change:progress", drawProgress);
    model.off("msg:custom", hear);
  };
}

export default { render };
