// Camera, microphone and screen: which there are, and what to say when there is none to be had.

/**
 * @typedef {Object} Wish
 * @property {'camera'|'screen'|'none'} picture
 * @property {string} camera      its deviceId; empty: the browser's choice
 * @property {string} microphone  its deviceId; empty: the browser's choice; "none": no sound
 * @property {number} height      lines of the picture; 0: whatever the device has
 */

/** What is in the way of any publishing here, or nothing. */
export function obstacle() {
  if (!window.isSecureContext) {
    return { message: 'This page may not use camera and microphone',
      hint: 'Browsers allow it on https pages and on this machine’s own localhost only. Start the '
        + 'receiver with tls-certificate and tls-key and open its https address.' };
  }
  if (!navigator.mediaDevices?.getUserMedia) {
    return { message: 'This browser has no access to camera and microphone', hint: 'Use another one.' };
  }
  if (!('RTCPeerConnection' in window)) {
    return { message: 'This browser sends nothing from here',
      hint: 'WebRTC may be switched off in its settings or by an extension.' };
  }
  return null;
}

/** @param {unknown} error of capture() @param {Wish} wish */
export function explain(error, wish) {
  const name = error instanceof DOMException ? error.name : '';
  const screen = wish.picture === 'screen';
  const what = screen ? 'the screen' : 'camera or microphone';
  switch (name) {
    case 'NotAllowedError': return screen
      ? { message: 'No screen was chosen', hint: 'Press the button again and pick a screen or a window.' }
      : { message: 'Permission for camera or microphone was refused',
        hint: 'Allow both by the icon at the left of the address, then press the button again. '
          + 'Where nothing is asked, the system’s own privacy settings forbid it.' };
    case 'NotFoundError': return { message: `There is no ${what} to be found`,
      hint: 'Plug one in, or choose “None” in its list.' };
    case 'NotReadableError': return { message: `${screen ? 'The screen' : 'Camera or microphone'} cannot be used now`,
      hint: 'Another program may have it: close that one and try again.' };
    case 'OverconstrainedError': return { message: 'The device cannot do this resolution',
      hint: 'Choose another one.' };
    default: return { message: `${screen ? 'The screen' : 'Camera or microphone'} cannot be used`,
      hint: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {Wish} wish @returns {Promise<MediaStream>} */
export async function capture({ picture, camera, microphone, height }) {
  const audio = microphone === 'none' ? false : exactly(microphone);
  const size = height ? { height: { ideal: height }, width: { ideal: Math.round((height * 16) / 9) } } : {};
  if (picture !== 'screen') {
    const video = picture === 'camera' && { ...exactly(camera), ...size, frameRate: { ideal: 30 } };
    return navigator.mediaDevices.getUserMedia({ video, audio });
  }
  const screen = await navigator.mediaDevices.getDisplayMedia({
    video: { ...size, frameRate: { ideal: 30 } }, audio: microphone !== 'none' });
  if (audio && !screen.getAudioTracks().length) {
    // The screen brought no sound of its own: the microphone's, where there is one.
    const sound = await navigator.mediaDevices.getUserMedia({ audio }).catch(() => null);
    sound?.getTracks().forEach((track) => screen.addTrack(track));
  }
  return screen;
}

function exactly(deviceId) {
  return deviceId ? { deviceId: { exact: deviceId } } : {};
}

/** Those with a label (browsers hide them until permission was given once). */
export async function devices() {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const of = (kind) => all.filter((one) => one.kind === kind && one.deviceId)
    .map(({ deviceId, label }) => ({ id: deviceId, label: label || 'Device without a name' }));
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}
