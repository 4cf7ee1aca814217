// Chromium (by CDP) and Firefox (by WebDriver BiDi) from Debian, headless, each with a fresh profile.

import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';

const kLaunchTimeout = 60000;

function program(name, ...paths) {
  const found = [process.env[`WEBCAST_${name.toUpperCase()}`], ...paths].find((path) => path && existsSync(path));
  if (!found) throw new Error(`${name} is not installed (${paths.join(', ')})`);
  return found;
}

const kChromiumArguments = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage', '--autoplay-policy=document-user-activation-required'];

export const chromium = (settings = {}) => puppeteer.launch({
  browser: 'chrome',
  executablePath: program('chromium', '/usr/bin/chromium', '/usr/bin/chromium-browser'),
  headless: true,
  timeout: kLaunchTimeout,
  args: kChromiumArguments,
  ...settings,
});

const kFirefoxPreferences = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // No downloads in the background of a test.
  'media.gmp-manager.updateEnabled': false,
  'app.normandy.enabled': false,
};

export const firefox = (settings = {}) => puppeteer.launch({
  browser: 'firefox',
  executablePath: program('firefox', '/usr/bin/firefox-esr', '/usr/bin/firefox'),
  headless: true,
  timeout: kLaunchTimeout,
  extraPrefsFirefox: kFirefoxPreferences,
  ...settings,
});

/** With a made camera and microphone, and permission to use them. */
const chromiumCamera = () => chromium({ args: [...kChromiumArguments,
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen'] });
const firefoxCamera = () => firefox({ extraPrefsFirefox: { ...kFirefoxPreferences,
  'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true } });

/** With a camera that nobody may use. */
const chromiumDenied = () => chromium({ args: [...kChromiumArguments,
  '--use-fake-device-for-media-stream', '--deny-permission-prompts'] });

/** For whom studio.example is this machine, and no secure origin. */
const chromiumByName = () => chromium({ args: [...kChromiumArguments,
  '--host-resolver-rules=MAP studio.example 127.0.0.1'] });

/** Whose descriptions tell its addresses, as those of a page with a camera do. */
const chromiumInTheOpen = () => chromium({ args: [...kChromiumArguments,
  '--disable-features=WebRtcHideLocalIpsWithMdns'] });

export const browsers = { chromium, firefox, chromiumInTheOpen, chromiumCamera, firefoxCamera, chromiumDenied, chromiumByName };
