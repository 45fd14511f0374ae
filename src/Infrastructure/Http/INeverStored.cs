namespace Veza.Infrastructure.Http;

/// <summary>Data with a secret in it: no cache and no browser's history keeps an answer that brings it.</summary>
internal interface INeverStored;
