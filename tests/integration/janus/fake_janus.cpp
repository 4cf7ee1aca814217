#include "tests/integration/janus/fake_janus.hpp"

#include "tests/integration/viewer_process.hpp"

namespace webcast::test {

namespace {

std::string reply_to(const std::string& request, unsigned& handles) {
  auto is = [&](const std::string& part) { return request.find(part) != std::string::npos; };
  const std::string transaction = transaction_of(request);
  const std::string success = R"({"janus":"success","transaction":")" + transaction + "\"";
  if (is(R"("janus":"create")")) return success + R"(,"data":{"id":1}})";
  if (is(R"("janus":"claim")")) return success + "}";
  if (is(R"("janus":"attach")"))
    return success + R"(,"data":{"id":)" + std::to_string(++handles) + "}}";
  if (is(R"("ptype":"publisher")"))
    return room_event(R"({"videoroom":"joined","room":1234,"id":1,"private_id":9,"publishers":[]})",
                      transaction);
  if (is("listparticipants"))
    return room_event(R"({"videoroom":"participants","room":1234,"participants":[)"
                      R"({"id":1,"publisher":false}]})",
                      transaction);
  if (is(R"("request":"list")"))
    return room_event(R"({"videoroom":"success","list":[{"room":1234,"videocodec":"vp8"}]})",
                      transaction);
  return "";
}

}  // namespace

FakeJanus::FakeJanus()
    : FakeWebsocket("janus-protocol", [handles = 1u](const std::string& request) mutable {
        return reply_to(request, handles);
      }) {}

std::string transaction_of(const std::string& request) {
  return json_field(request, "transaction");
}

std::string room_event(const std::string& data, const std::string& transaction, unsigned sender,
                       const std::string& more) {
  std::string answered = transaction.empty() ? "" : R"("transaction":")" + transaction + "\",";
  return R"({"janus":"event",)" + answered + R"("sender":)" + std::to_string(sender) +
         R"(,"plugindata":{"plugin":"janus.plugin.videoroom","data":)" + data + "}" + more + "}";
}

std::string janus_error(unsigned code, const std::string& transaction) {
  return R"({"janus":"error","session_id":1,"transaction":")" + transaction +
         R"(","error":{"code":)" + std::to_string(code) + R"(,"reason":"as the test wants it"}})";
}

}  // namespace webcast::test
