// Compiled by tests/acl_headers_test.cc, never linked: the emulator's ge::AscendString and ge::Graph are laid out as
// the official ones, which follow in the namespace that the headers give them; ours are renamed.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#define ge our_ge
#include "emulator/ge_types.h"
#undef ge

#include <ge/ge_ir_build.h>
#include <graph/ascend_string.h>
#include <graph/graph.h>

#define SAME_CLASS(name)                                            \
  static_assert(sizeof(our_ge::name) == sizeof(ge::name), #name);   \
  static_assert(alignof(our_ge::name) == alignof(ge::name), #name); \
  static_assert(std::is_polymorphic_v<our_ge::name> == std::is_polymorphic_v<ge::name>, #name)

// One std::shared_ptr each.
SAME_CLASS(AscendString);
SAME_CLASS(Graph);
static_assert(sizeof(ge::AscendString) == sizeof(std::shared_ptr<std::string>));
static_assert(sizeof(ge::Graph) == sizeof(std::shared_ptr<int>));

static_assert(std::is_same_v<our_ge::graphStatus, ge::graphStatus>);
static_assert(our_ge::kGraphSuccess == ge::GRAPH_SUCCESS);
static_assert(our_ge::kGraphFailed == ge::GRAPH_FAILED);
static_assert(our_ge::kGraphParamInvalid == ge::GRAPH_PARAM_INVALID);

// The mangled names are made of these.
static_assert(std::is_constructible_v<ge::AscendString, const char*>);
static_assert(std::is_constructible_v<ge::Graph, const char*>);
static_assert(
    std::is_same_v<decltype(&ge::AscendString::operator<), bool (ge::AscendString::*)(const ge::AscendString&) const>);
static_assert(std::is_same_v<decltype(&our_ge::AscendString::operator<),
                             bool (our_ge::AscendString::*)(const our_ge::AscendString&) const>);
