using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Backprop.Shared.Formats;

/// <summary>
/// Writes float32 tensors as a safetensors file: the header's length as a little-endian 64-bit number, the header in JSON, padded with
/// spaces to a multiple of 8 bytes, then the values, in the given order.
/// </summary>
internal static class SafetensorsWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes before the data. Metadata comes first, in the given order.</summary>
    public static byte[] Head(IReadOnlyList<KeyValuePair<string, string>> metadata, IReadOnlyList<NamedTensor> tensors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            WriteTensors(json, tensors);
            json.WriteEndObject();
        }

        var padding = (8 - (buffer.WrittenCount % 8)) % 8;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        var head = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)(head.Length - sizeof(ulong)));
        return head.Length - sizeof(ulong) <= SafetensorsHeader.LengthMax
            ? head : throw new ArgumentException("The header would be longer than the format allows.", nameof(metadata));
    }

    /// <summary>Writes the values in chunks, adding each to the hash while it is still in the cache.</summary>
    public static void WriteData(Stream stream, IReadOnlyList<NamedTensor> tensors, IncrementalHash? hash)
    {
        foreach (var tensor in tensors)
        {
            ReadOnlySpan<float> values = tensor.Values.Span;
            for (var i = 0; i < FloatBytes.Chunks(values.Length); i++)
            {
                var chunk = FloatBytes.Chunk(values, i);
                hash?.AppendData(chunk);
                stream.Write(chunk);
            }
        }
    }

    private static void WriteTensors(Utf8JsonWriter json, IReadOnlyList<NamedTensor> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        long offset = 0;
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name) || tensor.Values.Length != tensor.Shape.Volume)
            {
                throw new ArgumentException(
                    $"The tensor {tensor.Name} {tensor.Shape} is there twice or has {tensor.Values.Length} values.", nameof(tensors));
            }

            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", "F32");
            json.WriteStartArray("shape");
            foreach (var size in tensor.Shape.Sizes)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            offset += tensor.Values.Length * (long)sizeof(float);
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
