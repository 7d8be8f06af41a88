using System.Text.Json.Serialization;
using Backprop.Coordinator.Storage;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>The status page as JSON: camelCase, numbers that are not finite as null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(FiniteOrNull)])]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
