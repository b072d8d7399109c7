#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace convnext {

// Untrusted text and numbers as Markdown (GitHub's dialect) and YAML. Whatever `text` holds, the result stays inside
// the table cell, the code span, the fence or the scalar that it is put into, and what cannot be seen (control
// characters, bytes that are not UTF-8, marks that turn the direction of writing) is shown as an escape.

// Text of a line or a table cell. Characters that Markdown or HTML would act on become entities.
std::string PlainText(std::string_view text);

// A code span for a line or a table cell; PlainText where a code span cannot hold the text there.
std::string CodeText(std::string_view text);

// A code block, fenced by more backticks than `text` has in a row. Ends with the fence, without a newline.
std::string FencedText(std::string_view text);

// A scalar for YAML's block style: plain where nothing can be mistaken, quoted otherwise.
std::string YamlText(const nlohmann::ordered_json& value);

// A JSON scalar or array as text: a string as it is, numbers with the digits of the JSON document.
std::string ValueText(const nlohmann::ordered_json& value);

}  // namespace convnext
