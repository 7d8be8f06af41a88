using System.Text.Json;
using static Backprop.Shared.Formats.SafetensorsHeader;

namespace Backprop.Shared.Formats;

/// <summary>
/// Reads a safetensors header that anybody may have written. Everything that the format forbids is refused: duplicate keys, unknown
/// types, sizes that overflow or do not fit their bytes, gaps, overlaps, and data that ends before or after the file.
/// </summary>
internal ref struct SafetensorsHeaderParser
{
    private readonly long _dataLength;
    private Utf8JsonReader _json;

    private SafetensorsHeaderParser(ReadOnlySpan<byte> header, long dataLength)
    {
        _json = new Utf8JsonReader(header);
        _dataLength = dataLength;
    }

    /// <summary>The header's content.</summary>
    /// <exception cref="FormatException">What is wrong, as the end of a sentence.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> header, long dataLength)
    {
        try
        {
            return new SafetensorsHeaderParser(header, dataLength).ReadHeader();
        }
        catch (JsonException problem)
        {
            throw new FormatException($"its header is no valid JSON at byte {problem.BytePositionInLine + 8}", problem);
        }
        catch (InvalidOperationException problem)
        {
            // What the JSON reader says to text that is no valid UTF-8.
            throw new FormatException("its header has text that is no valid UTF-8", problem);
        }
    }

    private SafetensorsHeader ReadHeader()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var tensors = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        var hasMetadata = false;
        Expect(JsonTokenType.StartObject, "a JSON object");
        while (NextKey(out var name))
        {
            if (name == MetadataKey)
            {
                Require(!hasMetadata, "it has two sets of metadata");
                hasMetadata = true;
                ReadMetadata(metadata);
            }
            else
            {
                Require(tensors.TryAdd(name, ReadEntry(name)), $"it has two tensors with the name {Quoted(name)}");
            }
        }

        Require(!_json.Read(), "something follows its header's JSON");
        return new SafetensorsHeader(metadata, InOrderOfBytes(tensors.Values));
    }

    private void ReadMetadata(Dictionary<string, string> metadata)
    {
        Expect(JsonTokenType.StartObject, "an object of metadata");
        while (NextKey(out var key))
        {
            Expect(JsonTokenType.String, $"a string as the metadata {Quoted(key)}");
            Require(metadata.TryAdd(key, _json.GetString()!), $"its metadata has {Quoted(key)} twice");
        }
    }

    private SafetensorsEntry ReadEntry(string name)
    {
        string? type = null;
        long[]? sizes = null;
        long[]? offsets = null;
        Expect(JsonTokenType.StartObject, $"an object as the tensor {Quoted(name)}");
        while (NextKey(out var key))
        {
            switch (key)
            {
                case "dtype" when type is null:
                    Expect(JsonTokenType.String, $"a string as the type of {Quoted(name)}");
                    type = _json.GetString()!;
                    break;
                case "shape" when sizes is null:
                    sizes = ReadNumbers(name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(name);
                    break;
                default:
                    throw new FormatException($"the tensor {Quoted(name)} has an unexpected or repeated {Quoted(key)}");
            }
        }

        if (type is null || sizes is null || offsets is not [var begin, var end])
        {
            throw new FormatException($"the tensor {Quoted(name)} lacks its type, shape or offsets");
        }

        var entry = new SafetensorsEntry(name, type, sizes, begin, end);
        Check(entry);
        return entry;
    }

    private readonly void Check(SafetensorsEntry entry)
    {
        var bits = BitsOf(entry.Type);
        Require(bits > 0, $"the tensor {Quoted(entry.Name)} has the unknown type {Quoted(entry.Type)}");
        Require(entry.Begin <= entry.End && entry.End <= _dataLength, $"the tensor {Quoted(entry.Name)} lies outside of the file");
        try
        {
            long length = bits;
            foreach (var size in entry.Sizes)
            {
                length = checked(length * size);
            }

            Require(length == checked((entry.End - entry.Begin) * 8), $"the tensor {Quoted(entry.Name)} has another length than its shape");
        }
        catch (OverflowException problem)
        {
            throw new FormatException($"the tensor {Quoted(entry.Name)} has an impossible shape", problem);
        }
    }

    private readonly SafetensorsEntry[] InOrderOfBytes(IEnumerable<SafetensorsEntry> tensors)
    {
        var ordered = tensors.OrderBy(t => t.Begin).ThenBy(t => t.End).ToArray();
        long end = 0;
        foreach (var entry in ordered)
        {
            Require(entry.Begin == end, $"there is a gap or an overlap before the tensor {Quoted(entry.Name)}");
            end = entry.End;
        }

        Require(end == _dataLength, $"its tensors hold {end} bytes, but {_dataLength} follow the header");
        return ordered;
    }

    private long[] ReadNumbers(string name)
    {
        var numbers = new List<long>();
        Expect(JsonTokenType.StartArray, $"an array in the tensor {Quoted(name)}");
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            Require(
                _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var number) && number >= 0 && Add(numbers, number),
                $"the tensor {Quoted(name)} has a size or offset that is no whole number of at least 0");
        }

        return [.. numbers];
    }

    private static bool Add(List<long> numbers, long number)
    {
        numbers.Add(number);
        return true;
    }

    private bool NextKey(out string key)
    {
        var found = _json.Read() && _json.TokenType == JsonTokenType.PropertyName;
        key = found ? _json.GetString()! : string.Empty;
        return found;
    }

    private void Expect(JsonTokenType type, string what) => Require(_json.Read() && _json.TokenType == type, $"its header lacks {what}");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }

    private static int BitsOf(string type) => type switch
    {
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" => 8,
        "U16" or "I16" or "F16" or "BF16" => 16,
        "U32" or "I32" or "F32" => 32,
        "U64" or "I64" or "F64" or "C64" => 64,
        _ => 0,
    };
}
