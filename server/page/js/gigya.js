// The part of Gigya's web SDK that is about photos, for pages that load /js/gigya.js?apikey=3_…
// Each function takes one object of parameters, of which `callback` is called with the answer.
(function () {
  'use strict';

  const script = document.currentScript;
  const source = new URL(script.src, location.href);
  const names = [...source.searchParams.keys()];
  const apiKey = source.searchParams.get(names.find((name) => name.toLowerCase() === 'apikey') || '') || '';

  // What an answer adds to the envelope on its way to the page.
  function finish(method, asked, answer) {
    answer.operation = '/' + method;
    answer.context = asked.context === undefined ? null : asked.context;
    answer.status = answer.errorCode === 0 ? 'OK' : 'FAIL';
    answer.statusMessage = answer.errorMessage || '';
    if (typeof asked.callback === 'function') asked.callback(answer);
  }

  async function send(method, asked) {
    const form = new URLSearchParams({ APIKey: apiKey, format: 'json', sdk: 'js_latest' });
    for (const [name, value] of Object.entries(asked)) {
      if (name === 'callback' || name === 'context' || value === undefined || value === null) continue;
      form.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
    }
    try {
      const answer = await fetch(new URL('/' + method, source), {
        method: 'POST', body: form, credentials: 'include',
      });
      return await answer.json();
    } catch (err) {
      return { errorCode: 500026, errorMessage: 'Network error', errorDetails: String(err), statusCode: 500 };
    }
  }

  function method(name) {
    return function (asked) {
      asked = asked || {};
      send(name, asked).then((answer) => finish(name, asked, answer));
    };
  }

  function namespace(name, methods) {
    return Object.fromEntries(methods.map((one) => [one, method(name + '.' + one)]));
  }

  const gigya = window.gigya || {};
  gigya.accounts = namespace('accounts', [
    'setProfilePhoto', 'importProfilePhoto', 'publishProfilePhoto', 'removeProfilePhoto', 'getAccountInfo',
    'initRegistration', 'register', 'finalizeRegistration', 'login',
  ]);
  gigya.socialize = namespace('socialize', ['setUserInfo', 'getUserInfo']);
  gigya.apiKey = apiKey;
  window.gigya = gigya;

  const ready = () => { if (typeof window.onGigyaServiceReady === 'function') window.onGigyaServiceReady(); };
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', ready);
  } else {
    setTimeout(ready, 0);
  }
})();
