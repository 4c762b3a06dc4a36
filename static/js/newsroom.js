// The desk's own script: passkeys, which a browser offers to scripts alone, and small comforts. Whatever else the newsroom
// does works whole without it.
(() => {
  "use strict";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const make = async (options) => {
    const made = await navigator.credentials.create({ publicKey: {
      ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: known(options.excludeCredentials),
    } });
    return { ...outer(made), response: {
      clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    } };
  };

  const sign = async (options) => {
    const signed = await navigator.credentials.get({ publicKey: {
      ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials),
    } });
    const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response;
    return { ...outer(signed), response: {
      clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature),
      userHandle: userHandle ? text(userHandle) : undefined,
    } };
  };

  const outer = (key) => ({
    id: key.id, rawId: text(key.rawId), type: key.type, authenticatorAttachment: key.authenticatorAttachment ?? undefined,
    clientExtensionResults: key.getClientExtensionResults(),
  });

  // A form with data-passkey shows only here. Its button asks the server what is to be signed, then the browser, and
  // sends the answer as any form is sent.
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    for (const other of document.querySelectorAll("[data-without-passkey]")) other.hidden = true;
    form.addEventListener("submit", async (event) => {
      if (form.elements.answer.value) return;
      event.preventDefault();
      const say = form.querySelector("[role='status']");
      say.textContent = "";
      try {
        const asked = await fetch(form.dataset.ask, { method: "POST", headers: { Accept: "application/json" } });
        if (!asked.ok) throw new Error(asked.status);
        const { publicKey } = await asked.json();
        const answer = form.dataset.passkey === "make" ? await make(publicKey) : await sign(publicKey);
        form.elements.answer.value = JSON.stringify(answer);
        form.submit();
      } catch (fault) {
        say.textContent = fault.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed;
      }
    });
  }

  // The editor saves by itself a while after the last letter, and shows the story beside the form as it is written.
  // What was saved here names the revision that the next save is written on, so that two who write are told.
  for (const form of document.querySelectorAll("form[data-editor]")) {
    const said = document.querySelector("[data-said]");
    const others = document.querySelector("[data-others]");
    const pane = document.querySelector("iframe[name='preview']");
    let as = "open", changed = false, saving = false, wait, draw;

    const save = async () => {
      if (!changed || saving) return;
      saving = true;
      changed = false;
      const fields = new FormData(form);
      fields.set("auto", "1");
      try {
        const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.status);
        const kept = await answer.json();
        form.elements.from.value = kept.from;
        said.textContent = kept.rival
          ? "Somebody else saved this story meanwhile. Your text is kept in the history; save by hand to look at both."
          : `Saved by itself at ${kept.at}.`;
        if (kept.rival) form.elements.from.value = form.dataset.from;
        others.hidden = kept.others.length === 0;
        others.textContent = kept.others.length ? `${kept.others.join(" and ")} ${kept.others.length > 1 ? "have" : "has"} this story open too.` : "";
        form.dataset.from = form.elements.from.value;
      } catch {
        changed = true;
        said.textContent = "Not saved: the connection or the sign-in has gone. Keep this page open; it tries again, and so can you.";
        clearTimeout(wait);
        wait = setTimeout(save, 10000);
      } finally {
        saving = false;
      }
    };

    // Only the page's middle is replaced, so that the preview stays where it was scrolled to.
    const show = async () => {
      const fields = new FormData(form);
      fields.set("as", as);
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(fields) });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = pane.contentDocument?.querySelector("main"), next = page.querySelector("main");
      if (now && next) now.replaceWith(pane.contentDocument.adoptNode(next));
    };

    form.dataset.from = form.elements.from.value;
    form.addEventListener("input", () => {
      changed = true;
      clearTimeout(wait);
      clearTimeout(draw);
      wait = setTimeout(save, 4000);
      draw = setTimeout(show, 400);
    });
    form.addEventListener("submit", () => { clearTimeout(wait); changed = false; });
    for (const tab of document.querySelectorAll("a[data-as]")) {
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        as = tab.dataset.as;
        for (const one of document.querySelectorAll("a[data-as]")) one.toggleAttribute("aria-current", one === tab);
        show();
      });
    }
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  }

  // On a telephone the navigation scrolls sideways: the page that is open stands in sight.
  const here = document.querySelector(".desk-nav [aria-current]");
  const nav = here?.closest(".desk-nav");
  if (nav && nav.scrollWidth > nav.clientWidth) nav.scrollLeft = here.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;
})();
