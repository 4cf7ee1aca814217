#include "tests/integration/janus/janus_process.hpp"

#include <gio/gio.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/sink_pipeline.hpp"

namespace webcast::test {

namespace {

bool ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  return Process(arguments).wait_exit(kPatience) == 0;
}

std::string network_of(const std::string& process) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/net", error).string();
}

bool accepts_connections(guint16 port) {
  Ref<GSocketClient> client = adopt(g_socket_client_new());
  return static_cast<bool>(adopt(
      g_socket_client_connect_to_host(client.get(), kJanusHost.c_str(), port, nullptr, nullptr)));
}

}  // namespace

bool janus_network() {
  if (network_of("self") == network_of("1")) return false;
  static const bool made = ip({"link", "set", "lo", "up"}) &&
                           ip({"link", "add", "ours", "type", "veth", "peer", "name", "theirs"}) &&
                           ip({"addr", "add", kJanusHost + "/30", "dev", "ours"}) &&
                           ip({"link", "set", "ours", "up"}) && ip({"link", "set", "theirs", "up"});
  return made;
}

JanusProcess::JanusProcess(const std::string& rooms)
    : folder_(testing::TempDir() + "webcast-janus-" + std::to_string(getpid())) {
  const char* source = g_getenv("WEBCAST_SOURCE");
  std::filesystem::remove_all(folder_);
  std::filesystem::copy(std::string(source ? source : ".") + "/pipelines/deploy/janus", folder_);
  std::ofstream(folder_ + "/janus.plugin.videoroom.jcfg", std::ios::app) << rooms;
}

JanusProcess::~JanusProcess() {
  kill();
  std::filesystem::remove_all(folder_);
}

std::string JanusProcess::speak_tls() {
  const std::string certificate = folder_ + "/cert.pem", key = folder_ + "/key.pem";
  Process openssl({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                   "-subj", "/CN=" + kJanusHost, "-addext", "subjectAltName=IP:" + kJanusHost,
                   "-keyout", key, "-out", certificate});
  if (openssl.wait_exit(kPatience) != 0) return "";
  const std::string file = folder_ + "/janus.transport.websockets.jcfg";
  std::ifstream recipe(file);
  std::string text(std::istreambuf_iterator<char>(recipe), {});
  for (const auto& [line, set] :
       {std::pair<std::string, std::string>{"wss = false", "wss = true"},
        {"certificates: {",
         "certificates: {\n cert_pem = \"" + certificate + "\"\n cert_key = \"" + key + "\"\n"}})
    text.replace(text.find(line), line.size(), set);
  std::ofstream(file) << text;
  ports_.push_back(kJanusTlsPort);
  return certificate;
}

bool JanusProcess::start() {
  // Its log is a file: a pipe that nobody reads would stop it.
  process_ = std::make_unique<Process>(std::vector<std::string>{
      "janus", "-F", folder_, "--disable-stdout", "-L", folder_ + "/janus.log"});
  // It opens them one after the other.
  return std::ranges::all_of(ports_, [](guint16 port) {
    return SinkPipeline::eventually([port] { return accepts_connections(port); });
  });
}

}  // namespace webcast::test
