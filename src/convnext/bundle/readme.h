#pragma once

#include <string>

#include "convnext/bundle/evidence.h"

namespace convnext {

enum class Language { kChinese, kEnglish };

// README.md (Chinese) or README.en.md. `documents` holds the bundle's logs and JSON documents by path. `run_digest` is
// the sha256 of the last line of logs/run.jsonl. The same arguments give the same bytes. Outside fenced blocks there is
// no "{{" unless a document lacks a field that the text names.
std::string RenderReadme(const Evidence& evidence, const Files& documents, const std::string& run_digest,
                         Language language);

}  // namespace convnext
