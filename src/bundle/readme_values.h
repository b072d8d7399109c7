#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bundle/evidence.h"

namespace convnext {

// The values that fill the templates of the READMEs, the same in every language: the records as "record", the JSON
// documents as "doc", and the values that follow from them.
nlohmann::ordered_json ReadmeValues(const Evidence& evidence, const Files& documents, const std::string& run_digest);

}  // namespace convnext
