#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace convnext {

// Fills the places of `text` from `values`:
//
//   {{name}}                as PlainText; "a.b" is the field b of the object a
//   {{name or words}}       the words, as they stand, where there is no value
//   {{code name}}           as CodeText; likewise {{fence name}} and {{yaml name}}
//   {{#name}}...{{/name}}   the text between once for each element of an array, once for any other value, not at all if
//                           there is none; names are looked up in the element first, and {{.}} is the element
//   {{^name}}...{{/name}}   the text between if there is no value
//
// There is no value where it is null, false, blank or empty. Sections of the same name do not nest; the newlines after
// tags of sections that stand on lines of their own do not count. A name that `values` does not know, or a value that
// is not there although no words replace it, leaves its tag standing: "{{" in the result is a fault of the template,
// and values cannot bring it in, but through fence and yaml.
std::string FillTemplate(std::string_view text, const nlohmann::ordered_json& values);

}  // namespace convnext
