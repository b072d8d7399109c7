#pragma once

#include <string>

#include "convnext/bundle/evidence.h"
#include "convnext/bundle/layout.h"

namespace convnext {

// An in-toto Statement (https://github.com/in-toto/attestation, spec/v1/statement.md) about `files`: the sha256 of
// each, and as predicate a test result (spec/predicates/test-result.md) of the accuracy evaluation.
std::string ManifestJson(const Evidence& evidence, const Files& files, const std::string& run_digest);

}  // namespace convnext
