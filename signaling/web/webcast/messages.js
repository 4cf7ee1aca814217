// What the player says to its viewer: one sentence, and what to do about it.

/**
 * @typedef {'idle'|'connecting'|'waiting'|'playing'|'reconnecting'|'ended'|'failed'} State
 * @typedef {Object} Status
 * @property {State} state
 * @property {import('./session.js').Failure|{kind: string, detail?: string}|null} failure
 * @property {number} retryAt  performance.now() of the next attempt; 0: none is planned
 * @property {{message: string, hint: string}} [words]  in place of those below
 */

const kFailures = {
  'unreachable': ['The sender cannot be reached',
    'Check that it is running and that this address is right.'],
  'forbidden': ['The sender refuses this page',
    'A stream with a token is opened with ?token=… at the end of the address.'],
  'refused': ['The sender ended the connection', ''],
  'no-answer': ['The sender did not answer',
    'It may be busy or just starting.'],
  'no-codec': ['This browser has no codec in common with the stream',
    'Let the sender offer another one (video-codecs=VP8 plays everywhere), or use another browser.'],
  'misconfigured': ['The stream is misconfigured', ''],
  'ice': ['No way through the network for picture and sound',
    'Media travels by UDP on its own ports. Open them in the firewall, or give the sender a '
    + 'stun-server or a turn-servers entry.'],
  'lost': ['The connection broke', 'The sender stopped or the network failed.'],
  'no-media': ['Connected, but nothing arrives',
    'The sender may be paused, or its pipeline carries no data.'],
  'stalled': ['Picture and sound stopped arriving',
    'The sender may be paused, or the network failed.'],
  'signaling': ['The connection to the sender broke', ''],
  'bad-answer': ['The sender’s answer could not be used', ''],
  'impossible': ['This browser does not play it here',
    'WebRTC may be switched off in its settings or by an extension. A page of https reaches only '
    + 'senders of https.'],
};

// Failures that a notice explains.
const kSilences = [undefined, 'no-media', 'stalled', 'no-answer'];

const kNotices = {
  'no-keyframe': ['the source has sent no keyframe yet', 'A picture begins with a keyframe, and starts here '
    + 'when one comes. Whoever runs the sender can let its encoder make them more often.'],
};

/**
 * @param {Status} status
 * @param {string} stream
 * @param {string} [notice]  what the sender says of its stream, while there is no picture
 * @returns {{message: string, hint: string}}
 */
export function describe(status, stream, notice = '') {
  if (status.words) return status.words;
  const known = Object.hasOwn(kNotices, notice) && kSilences.includes(status.failure?.kind) ? kNotices[notice] : null;
  if (known && status.state === 'playing') return { message: `Live, without a picture: ${known[0]}`, hint: '' };
  if (known && ['connecting', 'reconnecting', 'failed'].includes(status.state)) {
    return { message: `No picture: ${known[0]}`, hint: known[1] };
  }
  const name = stream ? `“${stream}”` : 'a stream';
  switch (status.state) {
    case 'idle': return { message: 'Stopped', hint: '' };
    case 'connecting': return { message: 'Connecting', hint: '' };
    case 'waiting':
      return { message: `Waiting for ${name}`, hint: 'It starts here as soon as it is live.' };
    case 'playing': return { message: 'Live', hint: '' };
    case 'ended':
      return { message: 'The stream has ended', hint: 'It starts here again when it is live.' };
    default: return failure(status);
  }
}

function failure({ state, failure: cause }) {
  // The sender knows sooner than the browser that there is none.
  const said = cause?.kind === 'refused' ? cause.detail ?? '' : '';
  const known = /misconfigured/i.test(said) ? 'misconfigured' : /codec/i.test(said) && 'no-codec';
  const kind = known || (cause?.kind ?? '');
  const [message, remedy] = kFailures[kind] ?? ['Reconnecting', ''];
  const detail = cause?.detail ? sentence(cause.detail.replace(/^the stream is misconfigured: /i, '')) : '';
  if (state === 'reconnecting') return { message: `Reconnecting. ${message}`, hint: detail || remedy };
  return { message, hint: [detail, remedy].filter(Boolean).join(' ') };
}

function sentence(text) {
  const trimmed = String(text).trim().slice(0, 300);
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
