// Field numbers are those of onnx.proto (version IR 8).
#include "onnx_reader.h"

#include <algorithm>
#include <bit>

#include "wire.h"

namespace ascend_emulator {
namespace {

using Kind = WireField::Kind;

// Reads a message: `take` is called for each field and says whether it is well-formed.
template <class Take>
bool ReadMessage(std::string_view bytes, Take take) {
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(field)) {
    if (!take(field)) return false;
  }
  return !reader.damaged();
}

bool ParseText(const WireField& field, std::string& text) {
  if (field.kind != Kind::kBytes) return false;
  text = field.bytes;
  return true;
}

bool ParseInteger(const WireField& field, int64_t& value) {
  value = static_cast<int64_t>(field.value);
  return field.kind == Kind::kVarint;
}

bool ParseFloat(const WireField& field, float& value) {
  value = std::bit_cast<float>(static_cast<uint32_t>(field.value));
  return field.kind == Kind::kFixed32;
}

// A message in a field, parsed by `parse` into a new element of `list`.
template <class T>
bool ParseElement(const WireField& field, bool (*parse)(std::string_view, T&), std::vector<T>& list) {
  return field.kind == Kind::kBytes && parse(field.bytes, list.emplace_back());
}

bool ParseTensor(std::string_view bytes, OnnxTensor& tensor) {
  return ReadMessage(bytes, [&tensor](const WireField& field) {
    int64_t location = 0;
    switch (field.number) {
      case 1:
        return AppendIntegers(field, tensor.dims);
      case 2:
        return ParseInteger(field, tensor.type);
      case 4:
        return AppendFloats(field, tensor.floats);
      case 5:
      case 7:
        return AppendIntegers(field, tensor.integers);
      case 8:
        return ParseText(field, tensor.name);
      case 9:
        tensor.raw = field.bytes;
        return field.kind == Kind::kBytes;
      case 14:
        if (!ParseInteger(field, location)) return false;
        tensor.external = location == 1;
        return true;
      default:
        return true;
    }
  });
}

bool ParseAttribute(std::string_view bytes, OnnxAttribute& attribute) {
  return ReadMessage(bytes, [&attribute](const WireField& field) {
    switch (field.number) {
      case 1:
        return ParseText(field, attribute.name);
      case 2:
        return ParseFloat(field, attribute.f);
      case 3:
        return ParseInteger(field, attribute.i);
      case 4:
        return ParseText(field, attribute.s);
      case 5:
        return field.kind == Kind::kBytes && ParseTensor(field.bytes, attribute.tensor);
      case 7:
        return AppendFloats(field, attribute.floats);
      case 8:
        return AppendIntegers(field, attribute.integers);
      case 20:
        return ParseInteger(field, attribute.type);
      default:
        return true;
    }
  });
}

bool ParseNode(std::string_view bytes, OnnxNode& node) {
  return ReadMessage(bytes, [&node](const WireField& field) {
    switch (field.number) {
      case 1:
        return ParseText(field, node.inputs.emplace_back());
      case 2:
        return ParseText(field, node.outputs.emplace_back());
      case 3:
        return ParseText(field, node.name);
      case 4:
        return ParseText(field, node.type);
      case 5:
        return ParseElement(field, ParseAttribute, node.attributes);
      case 7:
        return ParseText(field, node.domain);
      default:
        return true;
    }
  });
}

bool ParseDimension(std::string_view bytes, int64_t& dim) {
  dim = -1;
  return ReadMessage(bytes, [&dim](const WireField& field) { return field.number != 1 || ParseInteger(field, dim); });
}

bool ParseShape(std::string_view bytes, OnnxValue& value) {
  value.has_shape = true;
  return ReadMessage(bytes, [&value](const WireField& field) {
    return field.number != 1 || ParseElement(field, ParseDimension, value.dims);
  });
}

// TypeProto: only tensors have a type that is looked at.
bool ParseType(std::string_view bytes, OnnxValue& value) {
  return ReadMessage(bytes, [&value](const WireField& type) {
    if (type.number != 1) return true;
    return type.kind == Kind::kBytes && ReadMessage(type.bytes, [&value](const WireField& field) {
             if (field.number == 1) return ParseInteger(field, value.type);
             return field.number != 2 || (field.kind == Kind::kBytes && ParseShape(field.bytes, value));
           });
  });
}

bool ParseValue(std::string_view bytes, OnnxValue& value) {
  return ReadMessage(bytes, [&value](const WireField& field) {
    if (field.number == 1) return ParseText(field, value.name);
    return field.number != 2 || (field.kind == Kind::kBytes && ParseType(field.bytes, value));
  });
}

bool ParseGraph(std::string_view bytes, OnnxModel& model) {
  return ReadMessage(bytes, [&model](const WireField& field) {
    switch (field.number) {
      case 1:
        return ParseElement(field, ParseNode, model.nodes);
      case 2:
        return ParseText(field, model.name);
      case 5:
        return ParseElement(field, ParseTensor, model.initializers);
      case 11:
        return ParseElement(field, ParseValue, model.inputs);
      case 12:
        return ParseElement(field, ParseValue, model.outputs);
      default:
        return true;
    }
  });
}

bool ParseOpset(std::string_view bytes, OnnxOpset& opset) {
  return ReadMessage(bytes, [&opset](const WireField& field) {
    if (field.number == 1) return ParseText(field, opset.domain);
    return field.number != 2 || ParseInteger(field, opset.version);
  });
}

}  // namespace

std::string ParseOnnx(std::string_view bytes, OnnxModel& model) {
  bool graph = false;
  const bool ok = ReadMessage(bytes, [&](const WireField& field) {
    if (field.number == 8) return ParseElement(field, ParseOpset, model.opsets);
    if (field.number != 7) return true;
    graph = true;
    return field.kind == Kind::kBytes && ParseGraph(field.bytes, model);
  });
  if (!ok) return "the bytes are not a whole ONNX model";
  for (OnnxNode& node : model.nodes) {
    if (node.domain == "ai.onnx") node.domain.clear();
  }
  return graph ? "" : "the ONNX model has no graph";
}

std::optional<int64_t> OnnxModel::Opset() const {
  std::optional<int64_t> version;
  for (const OnnxOpset& opset : opsets) {
    if (!opset.domain.empty() && opset.domain != "ai.onnx") continue;
    if (version) return std::nullopt;
    version = opset.version;
  }
  return version;
}

const OnnxAttribute* OnnxNode::Find(std::string_view attribute) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [attribute](const OnnxAttribute& candidate) { return candidate.name == attribute; });
  return found == attributes.end() ? nullptr : &*found;
}

int64_t OnnxNode::Integer(std::string_view attribute, int64_t otherwise) const {
  const OnnxAttribute* found = Find(attribute);
  return found != nullptr ? found->i : otherwise;
}

float OnnxNode::Float(std::string_view attribute, float otherwise) const {
  const OnnxAttribute* found = Find(attribute);
  return found != nullptr ? found->f : otherwise;
}

std::vector<int64_t> OnnxNode::Integers(std::string_view attribute, std::vector<int64_t> otherwise) const {
  const OnnxAttribute* found = Find(attribute);
  return found != nullptr ? found->integers : std::move(otherwise);
}

std::optional<int64_t> ElementCount(const std::vector<int64_t>& dims) {
  constexpr int64_t kMost = int64_t{1} << 31;
  int64_t count = 1;
  for (const int64_t dim : dims) {
    if (dim < 1 || dim > kMost / count) return std::nullopt;
    count *= dim;
  }
  return count;
}

}  // namespace ascend_emulator
