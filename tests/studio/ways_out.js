// Ways in which a document reaches others: by name, a function of the address to be asked.
// Whoever runs one learns nothing from it: whether it arrived, the one who was asked knows.
(() => {
  const put = (name, facts, place = document.body) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(facts)) node.setAttribute(key, value);
    place.append(node);
    return node;
  };
  const link = (facts) => put('link', facts, document.head);
  const style = (rule) => { put('style', {}, document.head).textContent = rule; };
  const box = (rule) => put('div', {style: `width:9px;height:9px;${rule}`}).append('x');
  const text = (words, type = 'text/javascript') => new Blob([words], {type});
  const blob = (words, type) => URL.createObjectURL(text(words, type));
  const press = (facts) => put('a', facts).click();
  const form = (facts) => {
    const node = put('form', facts);
    put('input', {name: 'a', value: 'b'}, node);
    node.submit();
  };
  const work = (words) => new Worker(blob(words));
  const peer = async (Peer, to) => {
    const made = new Peer({iceServers: [{urls: `stun:${new URL(to).host}`}]});
    made.createDataChannel('x');
    await made.setLocalDescription(await made.createOffer());
  };
  const child = (facts = {}) => put('iframe', facts).contentWindow;
  const quoted = JSON.stringify;

  const ways = {
    fetch: (to) => fetch(to, {mode: 'no-cors'}),
    fetch_post: (to) => fetch(to, {mode: 'no-cors', method: 'POST', body: 'x'}),
    fetch_keepalive: (to) => fetch(to, {mode: 'no-cors', keepalive: true}),
    request: (to) => { const asks = new XMLHttpRequest(); asks.open('GET', to); asks.send(); },
    web_socket: (to) => { new WebSocket(to.replace('http', 'ws')); },
    web_socket_stream: (to) => { new WebSocketStream(to.replace('http', 'ws')); },
    event_source: (to) => { new EventSource(to); },
    beacon: (to) => navigator.sendBeacon(to, 'x'),
    web_transport: (to) => { new WebTransport(to.replace('http:', 'https:')); },
    peer: (to) => peer(RTCPeerConnection, to),
    peer_old_name: (to) => peer(webkitRTCPeerConnection, to),
    peer_of_child: (to) => peer(child().RTCPeerConnection, to),
    image: (to) => { new Image().src = to; },
    image_set: (to) => put('img', {srcset: `${to} 1x`}),
    image_input: (to) => put('input', {type: 'image', src: to}),
    image_svg: (to) => { put('div', {}).innerHTML = `<svg><image href="${to}"/></svg>`; },
    image_filter: (to) => {
      put('div', {}).innerHTML = `<svg><filter id="f"><feImage href="${to}"/></filter>
        <rect filter="url(#f)" width="9" height="9"/></svg>`;
    },
    poster: (to) => put('video', {poster: to}),
    video: (to) => put('video', {src: to, preload: 'auto'}),
    audio: (to) => put('audio', {src: to, preload: 'auto'}),
    track: (to) => {
      const video = put('video', {crossorigin: 'anonymous'});
      put('track', {src: to, default: '', kind: 'subtitles'}, video).track.mode = 'showing';
    },
    background: (to) => box(`background:url(${to})`),
    border_image: (to) => box(`border:3px solid;border-image:url(${to}) 1`),
    mask: (to) => box(`mask:url(${to})`),
    cursor: (to) => box(`cursor:url(${to}),auto`),
    import_style: (to) => style(`@import url(${to});`),
    font: (to) => { style(`@font-face{font-family:q;src:url(${to})}`); box('font-family:q'); },
    font_face: (to) => new FontFace('r', `url(${to})`).load(),
    object: (to) => put('object', {data: to}),
    embed: (to) => put('embed', {src: to}),
    script: (to) => put('script', {src: to}),
    module: (to) => put('script', {src: to, type: 'module'}),
    import: (to) => import(to),
    import_in_blob: (to) => import(blob(`import ${quoted(to)}`)),
    worklet: (to) => CSS.paintWorklet.addModule(to),
    audio_worklet: (to) => new OfflineAudioContext(1, 9, 8000).audioWorklet.addModule(to),
    style_link: (to) => link({rel: 'stylesheet', href: to}),
    preload: (to) => link({rel: 'preload', as: 'image', href: to}),
    module_preload: (to) => link({rel: 'modulepreload', href: to}),
    prefetch: (to) => link({rel: 'prefetch', href: to}),
    preconnect: (to) => link({rel: 'preconnect', href: to}),
    name_prefetch: (to) => link({rel: 'dns-prefetch', href: to}),
    manifest: (to) => link({rel: 'manifest', href: to, crossorigin: 'use-credentials'}),
    icon: (to) => link({rel: 'icon', href: to}),
    speculation: (to) => {
      put('script', {type: 'speculationrules'}).textContent = quoted(
        {prefetch: [{urls: [to], eagerness: 'immediate'}]});
    },
    child: (to) => child({src: to}),
    child_moved: (to) => { child().location = to; },
    child_text: (to) => child({srcdoc: `<img src="${to}"><link rel="stylesheet" href="${to}">`}),
    child_script: (to) => child({srcdoc: `<script>fetch(${quoted(to)},{mode:'no-cors'})<\/script>`}),
    child_blob: (to) => child({src: blob(`<img src="${to}">`, 'text/html')}),
    child_code: (to) => child({src: `javascript:fetch(${quoted(to)},{mode:'no-cors'})`}),
    worker: (to) => { new Worker(to); },
    worker_fetch: (to) => work(`fetch(${quoted(to)},{mode:'no-cors'})`),
    worker_import: (to) => work(`importScripts(${quoted(to)})`),
    worker_socket: (to) => work(`new WebSocket(${quoted(to.replace('http', 'ws'))})`),
    worker_source: (to) => work(`new EventSource(${quoted(to)})`),
    worker_transport: (to) => work(`new WebTransport(${quoted(to.replace('http:', 'https:'))})`),
    worker_module: (to) => new Worker(blob(`import ${quoted(to)}`), {type: 'module'}),
    worker_of_worker: (to) => work(`new Worker(URL.createObjectURL(new Blob([
      ${quoted(`fetch(${quoted(to)},{mode:'no-cors'})`)}])))`),
    shared_worker: (to) => new SharedWorker(to),
    shared_worker_fetch: (to) => new SharedWorker(blob(`fetch(${quoted(to)},{mode:'no-cors'})`)),
    service_worker: (to) => navigator.serviceWorker.register(to),
    later: (to) => { fetchLater(to, {activateAfter: 0}); },
    ping: (to) => press({href: '#here', ping: to}),
    attribution: (to) => put('img', {attributionsrc: to}),
    identity: (to) => navigator.credentials.get({identity: {providers: [
      {configURL: to, clientId: 'x'}]}}),
    download: (to) => press({href: to, download: 'x'}),
    form_elsewhere: (to) => form({action: to, target: '_blank'}),
    form_in_child: (to) => { put('iframe', {name: 'kept'}); form({action: to, target: 'kept'}); },
    window: (to) => { open(to); },
    link_elsewhere: (to) => press({href: to, target: '_blank'}),
    // Those that would move the document away come last, one at a time.
    move: (to) => { location.href = to; },
    move_replace: (to) => location.replace(to),
    move_link: (to) => press({href: to}),
    move_form: (to) => form({action: to}),
    move_form_post: (to) => form({action: to, method: 'post'}),
    move_refresh: (to) => put('meta', {'http-equiv': 'refresh', content: `0;url=${to}`}, document.head),
    move_api: (to) => { navigation.navigate(to); },
    move_code: (to) => { location.href = `javascript:location=${quoted(to)}`; },
    move_blob: (to) => {
      location.href = blob(`<script>fetch(${quoted(to)},{mode:'no-cors'})<\/script>`, 'text/html');
    },
    move_top: (to) => { top.location.href = to; },
    move_parent: (to) => { parent.location.replace(to); },
    move_top_link: (to) => press({href: to, target: '_top'}),
  };
  return ways;
})()
