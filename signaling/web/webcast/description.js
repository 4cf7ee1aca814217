// A session description as people hand it on: SDP by itself, or the JSON that a browser makes of
// an RTCSessionDescription. The same rules as the elements': signaling/protocol/description_text.hpp.

const kMostBytes = 64 * 1024;
const kMostLines = 500;
const kMostMedia = 16;

const kWhole = 'Was it copied in whole?';

function fromJson(text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error(`It begins like JSON, but is none, or not all of it. ${kWhole}`);
  }
  if (typeof told?.sdp !== 'string' || !['offer', 'answer'].includes(told.type)) {
    throw new Error('The JSON is no session description: that has a "type", offer or answer, and an "sdp".');
  }
  return told;
}

/**
 * @param {string} text as it was pasted, or in a file
 * @returns {{type: 'offer', sdp: string}} throws an Error whose message is for whoever brought it
 */
export function readOffer(text) {
  if (new TextEncoder().encode(text).length > kMostBytes) {
    throw new Error('This is longer than 64 KiB: no session description is.');
  }
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (!trimmed) throw new Error('Paste the sender’s offer, or choose its file.');
  const { type, sdp } = trimmed.startsWith('{') ? fromJson(trimmed) : { type: '', sdp: trimmed };
  const lines = sdp.split('\n').map((line) => line.trim()).filter(Boolean);
  const media = lines.filter((line) => line.startsWith('m='));
  if (lines[0] !== 'v=0' || lines.some((line) => !/^[a-z]=/.test(line))) {
    throw new Error('This is no SDP: an offer begins with v=0, and each line is a small letter, “=” and a value.');
  }
  if (lines.length > kMostLines || media.length > kMostMedia) {
    throw new Error('This is more than one offer can be: 500 lines and 16 media at most.');
  }
  if ((type || (lines.includes('a=setup:actpass') ? 'offer' : 'answer')) !== 'offer') {
    throw new Error('This is an answer, and the sender’s offer is needed.');
  }
  const has = (start) => lines.some((line) => line.startsWith(start));
  if (!media.length || !has('a=ice-ufrag:') || !has('a=fingerprint:')) {
    throw new Error(`Parts of the offer are missing. ${kWhole}`);
  }
  return { type: 'offer', sdp: `${lines.join('\r\n')}\r\n` };
}

/** Without what no receiver of ours can use: TCP candidates. It has to fit into a QR code. */
export function shortened(sdp) {
  return sdp.split('\r\n').filter((line) => !/^a=candidate:\S+ \d+ tcp /i.test(line)).join('\r\n');
}
