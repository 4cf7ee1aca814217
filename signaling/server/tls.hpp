// The server's certificate, from PEM files.
#pragma once

#include <gio/gio.h>

#include <string>
#include <vector>

#include "common/ref.hpp"
#include "common/result.hpp"

namespace webcast {

// Empty `certificate_file`: none, and a null certificate.
Result<Ref<GTlsCertificate>> load_certificate(const std::string& certificate_file,
                                              const std::string& key_file);

// The DNS names that it is for, wildcards as they stand in it.
std::vector<std::string> certificate_names(GTlsCertificate* certificate);

}  // namespace webcast
