#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "convnext/bundle/evidence.h"
#include "convnext/bundle/readme.h"

namespace convnext {

// The values that fill the templates of the READMEs: the records as "record", the JSON documents as "doc", and the
// values that follow from them. Only what a record says in words ("reasons", "precision") depends on the language.
nlohmann::ordered_json ReadmeValues(const Evidence& evidence, const Files& documents, const std::string& run_digest,
                                    Language language);

}  // namespace convnext
