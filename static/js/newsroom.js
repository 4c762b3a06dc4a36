// The desk's own script: passkeys, which a browser offers to scripts alone. Whatever else the newsroom does works whole
// without it.
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
})();
