import { createContext, useContext } from 'react'
import type { Stores } from './stores.ts'

const StoresContext = createContext<Stores | null>(null)
export const StoresProvider = StoresContext.Provider

/** The stores of this window. Throws outside a `StoresProvider`: that is a mistake in our own tree. */
export function useStores(): Stores {
  const stores = useContext(StoresContext)
  if (stores === null) throw new Error('useStores was called outside StoresProvider: wrap the tree in it')
  return stores
}
