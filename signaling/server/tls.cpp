#include "signaling/server/tls.hpp"

namespace webcast {

Result<Ref<GTlsCertificate>> load_certificate(const std::string& certificate_file,
                                              const std::string& key_file) {
  if (certificate_file.empty()) {
    if (key_file.empty()) return Ref<GTlsCertificate>();
    return Error{ErrorCode::invalid_argument,
                 "tls-key is set but tls-certificate is not: set both, as PEM files."};
  }
  GError* error = nullptr;
  auto certificate =
      adopt(key_file.empty() ? g_tls_certificate_new_from_file(certificate_file.c_str(), &error)
                             : g_tls_certificate_new_from_files(certificate_file.c_str(),
                                                                key_file.c_str(), &error));
  if (!certificate) {
    Error result{ErrorCode::invalid_argument,
                 "The TLS certificate " + certificate_file +
                     (key_file.empty() ? "" : " with the key " + key_file) +
                     " cannot be used: both must be PEM files that this user may read.",
                 error->message};
    g_error_free(error);
    return result;
  }
  return certificate;
}

std::vector<std::string> certificate_names(GTlsCertificate* certificate) {
  std::vector<std::string> names;
  GPtrArray* list = certificate ? g_tls_certificate_get_dns_names(certificate) : nullptr;
  for (guint i = 0; list && i < list->len; i++) {
    gsize size = 0;
    auto* name = static_cast<const char*>(
        g_bytes_get_data(static_cast<GBytes*>(g_ptr_array_index(list, i)), &size));
    names.emplace_back(name, size);
  }
  if (list) g_ptr_array_unref(list);
  return names;
}

}  // namespace webcast
